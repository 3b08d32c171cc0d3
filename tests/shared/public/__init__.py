"""One valid call of each public function, by room: what the contract suite varies."""

from public.calls import Call, arguments_of, rooms

__all__ = ["Call", "arguments_of", "rooms"]
