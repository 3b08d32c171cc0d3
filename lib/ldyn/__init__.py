"""The thin library of Learning Dynamics: what the pages call and the tests hold to the theory."""

__version__ = "0.1.0"
