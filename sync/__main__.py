"""`python -m sync` is the same as `okrsync`."""

from sync.cli import main

main()
