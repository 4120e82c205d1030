"""The client whose calls are awaited. ``_sync`` is made from this folder by ``scripts/make_sync.py``."""
