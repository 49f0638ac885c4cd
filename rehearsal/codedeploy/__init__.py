"""AWS CodeDeploy for EC2 and on-premises hosts, as a process of its own: API, state machine, host commands."""
