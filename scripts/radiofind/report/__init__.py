"""The page: its data, figures, style and templates."""
