"""Edits of existing pictures: inpainting, matting, enlarging, extending, compositing."""
