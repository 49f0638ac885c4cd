"""What is known: figures by province and district, news, and the log of how they were collected."""
