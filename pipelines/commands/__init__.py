"""The verbs of ``credit-hub``, one function each; ``pipelines.cli`` puts them together."""
