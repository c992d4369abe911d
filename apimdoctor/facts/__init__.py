"""The only vocabulary that rules see, and what builds it from the snapshot, the policies and the Entra semantics."""
