locals {
  writer = "writer"
}

resource "aws_iam_user" "ann" {
  tags = { team = "blue" }
}
