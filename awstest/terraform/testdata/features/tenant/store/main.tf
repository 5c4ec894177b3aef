variable "bucket" {}

variable "policy" {}

resource "aws_s3_bucket" "this" {
  bucket = var.bucket
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = var.policy
}

output "arn" {
  value = aws_s3_bucket.this.arn
}
