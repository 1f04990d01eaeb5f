"""The incidents behind the runbooks, as the API server would show them, and what must be said of each."""
