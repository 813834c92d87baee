"""How the site writes dates where a page does not say otherwise, the admin's lists above all."""
