"""How a HorizontalPodAutoscaler decides: its arithmetic, its behaviour, both over time, and what may hold it back."""
