tenants = {
  a = { quota = 1 }
  b = { quota = 2, actions = ["s3:GetObject", "s3:PutObject"], public = true }
}
