"""The blocking client, made from ``_async`` by ``scripts/make_sync.py``."""
