"""The balancers with the real HAProxy, on loopback, before small servers that do as they are told."""
