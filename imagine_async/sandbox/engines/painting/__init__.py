"""Painting of scenes from prompts: words to a scene, a scene to pixels."""
