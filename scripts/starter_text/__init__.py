"""Dialogues that teach the starter model to talk, written by seeded generators.

All text is our own. `mixture.py` says how often each family of dialogues occurs.
"""
