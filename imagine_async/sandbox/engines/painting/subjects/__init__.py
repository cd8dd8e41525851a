"""Drawings of subjects, made of shaded parts."""
