"""Who is to act on an error: the person who called or sent something, or we.

Exit statuses of the contract: 2 for an ``InputError`` (unusable arguments or input), 3 for a ``HubError`` (our own failure).
"""


class InputError(Exception):
    """Something a user gave cannot be used; the message says where, what was expected and what to do."""


class HubError(Exception):
    """The hub itself failed; never the provider's fault, and never worded as such."""
