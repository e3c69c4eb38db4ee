"""What Managed Service for Apache Flink does and the emulator does not: operations, role, life."""
