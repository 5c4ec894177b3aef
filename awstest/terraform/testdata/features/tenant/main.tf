variable "name" {}

variable "tenant" {
  type = object({ quota = number, actions = list(string), public = bool })
}

variable "key_arn" {
  type     = string
  nullable = false
}

module "store" {
  source = "./store"
  count  = 1
  bucket = "tenant-${var.name}-${format("%03d", var.tenant.quota)}"
  policy = data.aws_iam_policy_document.store.json
}

data "aws_iam_policy_document" "store" {
  version = "2012-10-17"

  dynamic "statement" {
    for_each = { for i, action in var.tenant.actions : i => action }
    iterator = item

    content {
      sid       = "Access${item.key}"
      actions   = [item.value]
      resources = ["${module.store[0].arn}/*"]

      principals {
        type        = "AWS"
        identifiers = [aws_iam_role.tenant.arn]
      }

      dynamic "condition" {
        for_each = var.tenant.public ? [] : [1]

        content {
          test     = "Bool"
          variable = "aws:SecureTransport"
          values   = ["false"]
        }
      }
    }
  }
}

resource "aws_iam_role" "tenant" {
  name               = "tenant-${var.name}"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] })
}

resource "aws_iam_role_policy" "tenant" {
  name_prefix = "key-"
  role        = aws_iam_role.tenant.id
  policy      = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Sid": "Key", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "${var.key_arn}"},
        {"Sid": "Queue", "Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
      ]
    }
  EOT
}

output "store_arn" {
  value = one(module.store[*].arn)
}
