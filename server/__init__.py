"""The doors: translate, call one service, translate back."""
