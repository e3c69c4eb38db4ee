"""The reconciler: what happens to an application between deploys."""
