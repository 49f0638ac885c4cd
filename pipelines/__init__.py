"""What ships a release: test → package → publish → deploy → watch → rollback, and what reads the system's state."""
