provider "aws" {
  region = "eu-west-1"
}

provider "aws" {
  alias  = "edge"
  region = "us-east-1"
}

variable "tenants" {
  type = map(object({
    quota   = number
    actions = optional(list(string), ["s3:GetObject"])
    public  = optional(bool, false)
  }))
}

variable "extra" {
  type    = list(string)
  default = []
}

data "aws_caller_identity" "me" {}

locals {
  tags   = merge({ team = "blue" }, length(var.extra) > 0 ? { extra = join(",", var.extra) } : {})
  writer = "overridden.example"
  stores = { for name, t in module.tenant : name => t.store_arn }
}

module "tenant" {
  source   = "./tenant"
  for_each = var.tenants

  name    = each.key
  tenant  = each.value
  key_arn = aws_kms_key.this.arn
}

resource "aws_kms_key" "this" {
  tags = local.tags
}

resource "aws_kms_key_policy" "this" {
  key_id = aws_kms_key.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Root", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Sid = "Reader", Effect = "Allow", Principal = { AWS = aws_iam_role.reader.arn }, Action = "kms:Decrypt", Resource = "*" },
    ]
  })
}

resource "aws_sqs_queue" "jobs" {
  name_prefix                 = "jobs-"
  fifo_queue                  = true
  content_based_deduplication = true
}

resource "aws_sqs_queue" "failed" {
  name       = "failed.fifo"
  fifo_queue = true
}

resource "aws_sqs_queue_redrive_policy" "jobs" {
  queue_url      = aws_sqs_queue.jobs.id
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.failed.arn, maxReceiveCount = 4 })
}

resource "aws_sqs_queue_redrive_allow_policy" "failed" {
  queue_url            = aws_sqs_queue.failed.id
  redrive_allow_policy = jsonencode({ redrivePermission = "byQueue", sourceQueueArns = [aws_sqs_queue.jobs.arn] })
}

resource "aws_iam_role" "reader" {
  name_prefix          = "reader-"
  max_session_duration = 7200
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_user.ann.arn } }
  })
  tags = local.tags
}

resource "aws_iam_user" "ann" {
  name = "ann"
  path = "/people/"
}

resource "aws_iam_group" "people" {
  name = "people"
}

resource "aws_iam_group_membership" "people" {
  name  = "people"
  group = aws_iam_group.people.name
  users = [aws_iam_user.ann.name]
}

# The text of a file, and of a template.
resource "aws_iam_group_policy" "people" {
  name   = "self"
  group  = aws_iam_group.people.id
  policy = file("${path.module}/policies/self.json")
}

resource "aws_iam_user_policy" "ann" {
  name   = "jobs"
  user   = aws_iam_user.ann.name
  policy = templatefile("policies/jobs.json.tftpl", { queues = [aws_sqs_queue.jobs.arn, aws_sqs_queue.failed.arn], writer = local.writer })
}

data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = [for arn in values(local.stores) : "${arn}/*"]
  }

  statement {
    sid       = "Replaced"
    actions   = ["s3:*"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "last" {
  statement {
    sid       = "Replaced"
    actions   = ["s3:ListBucket"]
    resources = module.tenant["a"].store_arn[*]
  }
}

data "aws_iam_policy_document" "reader" {
  source_policy_documents   = [data.aws_iam_policy_document.base.json]
  override_policy_documents = [data.aws_iam_policy_document.last.json]

  statement {
    sid         = "Own"
    effect      = "Deny"
    not_actions = ["s3:*", "sqs:*"]
    resources   = ["*"]

    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["blue"]
    }

    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["red"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["true"]
    }
  }

  statement {
    actions   = ["s3:PutObject"]
    resources = ["${try(module.tenant["b"].store_arn, "arn:aws:s3:::none")}/&{aws:PrincipalTag/team}/*"]
  }
}

resource "aws_iam_policy" "reader" {
  path   = "/data/"
  name   = "reader"
  policy = data.aws_iam_policy_document.reader.json
}

resource "aws_iam_policy_attachment" "reader" {
  name       = "reader"
  roles      = [aws_iam_role.reader.name]
  policy_arn = aws_iam_policy.reader.arn
}

resource "aws_iam_user_policy_attachment" "ann" {
  user       = aws_iam_user.ann.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
}

resource "aws_iam_group_policy_attachment" "people" {
  group      = aws_iam_group.people.name
  policy_arn = "arn:aws:iam::aws:policy/IAMUserChangePassword"
}

resource "aws_iam_role_policy_attachment" "reader" {
  for_each   = toset(["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"])
  role       = aws_iam_role.reader.name
  policy_arn = each.value
}

# The policy as an argument of the bucket and the queue.
resource "aws_s3_bucket" "inline" {
  bucket_prefix = "inline-"
}

resource "aws_sqs_queue" "inline" {
  name = "inline"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.reader.arn }, Action = "sqs:SendMessage", Resource = "arn:aws:sqs:eu-west-1:${data.aws_caller_identity.me.account_id}:inline" }]
  })
}

output "stores" {
  value = local.stores
}
