"""What goes wrong between the External Secrets Operator, its CRDs, its providers and ArgoCD. Pure but for `looking`."""
