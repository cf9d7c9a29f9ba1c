"""What runs in a limited child: each module is one task, `run(order: Order) -> answer`. Imported by `main` only."""
