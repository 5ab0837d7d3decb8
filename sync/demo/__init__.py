"""A believable company, so that a newcomer sees the whole job before trusting it with real sheets."""
