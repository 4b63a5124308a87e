"""Everything that is chosen on a page: pages as data, a stack of them, how they are laid out and drawn."""
