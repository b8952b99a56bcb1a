"""What moto lacks of AWS for the ECS provider: signatures that are checked, requests that are validated, services that run."""
