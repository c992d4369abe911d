"""Deployment templates, ARM and Bicep, evaluated as far as their files tell, without running anything."""
