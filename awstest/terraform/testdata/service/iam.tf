data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "worker" {
  count                = var.replicas
  name                 = "${local.prefix}-worker-${count.index}"
  path                 = "/service/"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_instance_profile" "worker" {
  count = var.replicas
  name  = "${local.prefix}-worker-${count.index}"
  role  = aws_iam_role.worker[count.index].name
}

resource "aws_iam_policy" "boundary" {
  name = "${local.prefix}-boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:*", "sqs:*", "kms:*"], Resource = "*" },
      { Effect = "Deny", Action = "s3:DeleteObject", Resource = "${aws_s3_bucket.data.arn}/*" },
    ]
  })
}

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "Objects"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.data.arn}/*"]
  }

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.data.arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["tenants/*"]
    }
  }

  dynamic "statement" {
    for_each = module.queue

    content {
      sid       = "Consume${title(statement.key)}"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
      resources = [statement.value.arn]
    }
  }
}

resource "aws_iam_role_policy" "worker" {
  for_each = { for i, w in aws_iam_role.worker : tostring(i) => w.name }
  name     = "worker"
  role     = each.value
  policy   = data.aws_iam_policy_document.worker.json
}

resource "aws_iam_policy" "key" {
  name_prefix = "${local.prefix}-key-"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = aws_kms_key.data.arn
      Condition = {
        StringEquals = { "kms:ViaService" = ["s3.${var.region}.amazonaws.com", "sqs.${var.region}.amazonaws.com"] }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "key" {
  count      = length(aws_iam_role.worker)
  role       = aws_iam_role.worker[count.index].name
  policy_arn = aws_iam_policy.key.arn
}

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "deploy" {
  name = "${local.prefix}-deploy"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = aws_iam_openid_connect_provider.github.arn }
      Condition = {
        StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }
        StringLike   = { "token.actions.githubusercontent.com:sub" = "repo:example/${var.name}:*" }
      }
    }]
  })

  managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]

  inline_policy {
    name   = "push"
    policy = <<-EOT
      {
        "Version": "2012-10-17",
        "Statement": [
          {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "${module.queue["import"].arn}"}
        ]
      }
    EOT
  }
}

resource "aws_iam_group" "operators" {
  name = "${local.prefix}-operators"
}

resource "aws_iam_group_policy" "operators" {
  name  = "redrive"
  group = aws_iam_group.operators.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for q in module.queue : { Effect = "Allow", Action = "sqs:ReceiveMessage", Resource = q.dead_arn }]
  })
}

resource "aws_iam_user" "operator" {
  name = "${local.prefix}-operator"
}

resource "aws_iam_user_group_membership" "operator" {
  user   = aws_iam_user.operator.name
  groups = [aws_iam_group.operators.name]
}

resource "aws_iam_user_policy" "operator" {
  name   = "list"
  user   = aws_iam_user.operator.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = aws_s3_bucket.data.arn }] })
}

resource "aws_iam_policy_attachment" "audit" {
  name       = "audit"
  users      = [aws_iam_user.operator.name]
  groups     = [aws_iam_group.operators.name]
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/SecurityAudit"
}

resource "aws_iam_service_linked_role" "autoscaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = var.name
}
