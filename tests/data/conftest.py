from served import site

__all__ = ["site"]
