"""What fills the ResearchModel port."""
