"""The door to Google: credentials, and a client that paces, counts, retries and says what is wrong.

Nothing here knows of OKRs. Sources, master, feedback and templates are handed a client.
"""
