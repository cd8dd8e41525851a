"""The studio page: what the sandbox is asked and what that costs, live, and a form for every endpoint."""
