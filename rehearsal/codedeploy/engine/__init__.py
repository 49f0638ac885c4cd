"""The engine does what the machine decides: durable state, agents, the load balancer, launches, notifications."""
