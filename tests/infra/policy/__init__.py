"""The rule pack, rule by rule: each must notice the one mistake that it is there for."""
