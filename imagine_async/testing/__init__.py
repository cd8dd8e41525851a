"""Help for those who test programs that call the API: what breaks, what is recorded, and what a test runner needs.

`fault_proxy` and `fault_plans` break connections before any server, and need no extra.
"""
