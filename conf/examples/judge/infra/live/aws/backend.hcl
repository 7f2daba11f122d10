bucket       = "judge-production-terraform"
key          = "aws.tfstate"
region       = "us-east-1"
encrypt      = true
use_lockfile = true
