"""What a notebook displays: figures, tweets, sources, progress bars and widgets."""
