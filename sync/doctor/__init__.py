"""`okrsync doctor`: what has to be right before a sync can go well, each with the way to mend it.

Nothing is changed. The checks of this machine need no network; those of Google are made only where the
settings name something there, with the same credentials, rights and quotas as a sync.
"""
