"""How people decide: the policy, the one way a decision is made, and the pages where it is."""
