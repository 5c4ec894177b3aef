resource "aws_sns_topic" "alarms" {
  name = "${local.prefix}-alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "cloudwatch.amazonaws.com" }, Action = "sns:Publish", Resource = aws_sns_topic.alarms.arn }]
  })
}

resource "aws_secretsmanager_secret" "token" {
  name_prefix = "${local.prefix}-token-"
}

resource "aws_secretsmanager_secret_policy" "token" {
  secret_arn = aws_secretsmanager_secret.token.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.worker[0].arn }, Action = "secretsmanager:GetSecretValue", Resource = "*" }]
  })
}

output "bucket" {
  value = aws_s3_bucket.data.bucket
}

output "queues" {
  value = { for stage, q in module.queue : stage => q.url }
}

output "worker" {
  value = aws_iam_role.worker[0].arn
}
