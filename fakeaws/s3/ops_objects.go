package s3

import "github.com/leastpriv/leastpriv/fakeaws"

// objectOps are the operations on objects and lists of them.
func (s *Service) objectOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.ListObjects, s.needListObjects),
		fakeaws.Bind(s.ListObjectsV2, s.needListObjectsV2),

		fakeaws.Bind(s.PutObject, s.needPutObject),
		fakeaws.Bind(s.GetObject, s.needGetObject),
		fakeaws.Bind(s.HeadObject, s.needHeadObject),
		fakeaws.Bind(s.CopyObject, s.needCopyObject),
		fakeaws.Bind(s.DeleteObject, s.needDeleteObject),
		fakeaws.Bind(s.DeleteObjects, s.needDeleteObjects),
		fakeaws.Bind(s.PutObjectTagging, s.needPutObjectTagging),
		fakeaws.Bind(s.GetObjectTagging, s.needGetObjectTagging),
		fakeaws.Bind(s.DeleteObjectTagging, s.needDeleteObjectTagging),
	}
}
