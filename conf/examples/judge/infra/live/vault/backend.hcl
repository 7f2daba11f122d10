bucket       = "judge-production-terraform"
key          = "vault.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
