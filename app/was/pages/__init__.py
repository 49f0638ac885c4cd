"""The pages and the JSON: what people and programs see of the figures."""
