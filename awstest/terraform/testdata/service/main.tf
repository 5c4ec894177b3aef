terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { service = var.name }
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "name" {
  type    = string
  default = "orders"
}

variable "stages" {
  type    = set(string)
  default = ["import", "ship"]
}

variable "replicas" {
  type    = number
  default = 2
}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

data "aws_partition" "current" {}

locals {
  prefix  = "${var.name}-${data.aws_region.current.name}"
  account = data.aws_caller_identity.current.account_id
  root    = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root"
}

module "queue" {
  source   = "./modules/queue"
  for_each = var.stages

  name       = "${local.prefix}-${each.key}"
  key_arn    = aws_kms_key.data.arn
  bucket_arn = aws_s3_bucket.data.arn
  readers    = [for w in aws_iam_role.worker : w.arn]
}
