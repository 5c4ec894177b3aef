package lambda

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) layerOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.publishLayerVersion),
		fakeaws.Bind(s.getLayerVersion),
		fakeaws.Bind(s.getLayerVersionByARN),
		fakeaws.Bind(s.deleteLayerVersion),
		fakeaws.Bind(s.listLayers),
		fakeaws.Bind(s.listLayerVersions),
	}
}

// A layerID names a layer.
type layerID struct{ account, region, name string }

func (id layerID) arn() string { return fakeaws.ARN("lambda", id.region, id.account, "layer:"+id.name) }

func (id layerID) version(n int64) string { return id.arn() + ":" + strconv.FormatInt(n, 10) }

// A layer has versions. One that is deleted stays for the functions that use it.
type layer struct {
	versions map[int64]*layerVersion
	last     int64
}

type layerVersion struct {
	awslambda.GetLayerVersionOutput
	policy  *policy
	deleted bool
}

// layerAt reads the name or ARN of a layer.
func layerAt(call *fakeaws.Call, name string) layerID {
	if a, err := awsarn.Parse(name); err == nil {
		return layerID{a.AccountID, a.Region, strings.TrimPrefix(a.Resource, "layer:")}
	}
	return layerID{call.Account, call.Region, name}
}

// parseLayerVersion reads the ARN of a version of a layer.
func parseLayerVersion(arn string) (id layerID, n int64, ok bool) {
	a, err := awsarn.Parse(arn)
	rest, isLayer := strings.CutPrefix(a.Resource, "layer:")
	name, number, versioned := strings.Cut(rest, ":")
	if err != nil || !isLayer || !versioned {
		return id, 0, false
	}
	n, err = strconv.ParseInt(number, 10, 64)
	return layerID{a.AccountID, a.Region, name}, n, err == nil
}

// version finds a version of a layer; nil where there is none. The lock is held.
func (s *Fake) layerVersion(id layerID, n int64) *layerVersion {
	if l := s.layers[id]; l != nil {
		if v := l.versions[n]; v != nil && !v.deleted {
			return v
		}
	}
	return nil
}

// layerNeed is a permission on a version of a layer. The lock is held.
func (s *Fake) layerNeed(action string, id layerID, n int64) fakeaws.Need {
	need := fakeaws.Need{Action: action, Resource: id.version(n), ResourceAccount: id.account, Policy: noPolicy}
	if v := s.layerVersion(id, n); v != nil && v.policy != nil {
		need.Policy = v.policy.bound.Policy()
	}
	return need
}

// layerNeeds are the permissions that a function's use of layers takes.
func (s *Fake) layerNeeds(layers []string) (needs []fakeaws.Need) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range layers {
		if id, n, ok := parseLayerVersion(arn); ok {
			needs = append(needs, s.layerNeed("lambda:GetLayerVersion", id, n))
		}
	}
	return needs
}

// useLayers gives a version its layers. The lock is held.
func (s *Fake) useLayers(v *version, layers []string) error {
	v.Layers = nil
	for _, arn := range layers {
		id, n, ok := parseLayerVersion(arn)
		used := s.layerVersion(id, n)
		if !ok || used == nil {
			return invalidParameter("Layer version " + arn + " does not exist.")
		}
		v.Layers = append(v.Layers, types.Layer{Arn: &arn, CodeSize: used.Content.CodeSize})
	}
	return nil
}

// publishLayerVersion makes a version of a layer.
func (s *Fake) publishLayerVersion(call *fakeaws.Call, in *awslambda.PublishLayerVersionInput) (*fakeaws.Plan[*awslambda.PublishLayerVersionOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id := layerAt(call, *in.LayerName)
	if id.account != call.Account || id.region != call.Region {
		return nil, accessDenied("The layer " + id.arn() + " is not of this account and region.")
	}
	need := fakeaws.Need{Action: "lambda:PublishLayerVersion", Resource: id.arn(), ResourceAccount: id.account}
	return &fakeaws.Plan[*awslambda.PublishLayerVersionOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awslambda.PublishLayerVersionOutput, error) {
		content := in.Content.ZipFile
		if in.Content.S3Bucket != nil && in.Content.S3Key != nil {
			var err error
			if content, err = s.fromS3(call, source{nil, in.Content.S3Bucket, in.Content.S3Key, in.Content.S3ObjectVersion, nil}); err != nil {
				return nil, err
			}
		}
		if err := checkZip(content); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		s.mu.Lock()
		defer s.mu.Unlock()
		l := s.layers[id]
		if l == nil {
			l = &layer{versions: make(map[int64]*layerVersion)}
			s.layers[id] = l
		}
		l.last++
		v := &layerVersion{GetLayerVersionOutput: awslambda.GetLayerVersionOutput{
			CompatibleArchitectures: slices.Clone(in.CompatibleArchitectures), CompatibleRuntimes: slices.Clone(in.CompatibleRuntimes),
			CreatedDate: aws.String(timestamp(s.world.Clock().Now())), Description: aws.String(aws.ToString(in.Description)), LicenseInfo: in.LicenseInfo,
			LayerArn: aws.String(id.arn()), LayerVersionArn: aws.String(id.version(l.last)), Version: l.last,
			Content: &types.LayerVersionContentOutput{
				CodeSha256: aws.String(base64.StdEncoding.EncodeToString(sum[:])), CodeSize: int64(len(content)),
				Location: aws.String("https://awslambda-" + id.region + "-layers.s3." + id.region + ".amazonaws.com/snapshots/" + id.account + "/" + id.name + "-" + s.world.IDs().UUID()),
			},
		}}
		l.versions[l.last] = v
		return output[awslambda.PublishLayerVersionOutput](v.GetLayerVersionOutput), nil
	}}, nil
}

// onLayerVersion plans an operation on a version of a layer; nil where there is none.
func onLayerVersion[O any](s *Fake, in any, id layerID, n int64, action string, do func(*layerVersion) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, need := s.layerVersion(id, n), s.layerNeed(action, id, n)
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if v != nil && v.deleted {
			return do(nil)
		}
		return do(v)
	}}, nil
}

func (s *Fake) getLayerVersion(call *fakeaws.Call, in *awslambda.GetLayerVersionInput) (*fakeaws.Plan[*awslambda.GetLayerVersionOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return onLayerVersion(s, in, layerAt(call, *in.LayerName), *in.VersionNumber, "lambda:GetLayerVersion", func(v *layerVersion) (*awslambda.GetLayerVersionOutput, error) {
		if v == nil {
			return nil, resourceNotFound(textNoResource)
		}
		out := v.GetLayerVersionOutput
		return &out, nil
	})
}

func (s *Fake) getLayerVersionByARN(call *fakeaws.Call, in *awslambda.GetLayerVersionByArnInput) (*fakeaws.Plan[*awslambda.GetLayerVersionByArnOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, n, _ := parseLayerVersion(*in.Arn)
	return onLayerVersion(s, in, id, n, "lambda:GetLayerVersion", func(v *layerVersion) (*awslambda.GetLayerVersionByArnOutput, error) {
		if v == nil {
			return nil, resourceNotFound(textNoResource)
		}
		return output[awslambda.GetLayerVersionByArnOutput](v.GetLayerVersionOutput), nil
	})
}

// deleteLayerVersion deletes a version of a layer. One that there is not is no error.
func (s *Fake) deleteLayerVersion(call *fakeaws.Call, in *awslambda.DeleteLayerVersionInput) (*fakeaws.Plan[*awslambda.DeleteLayerVersionOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return onLayerVersion(s, in, layerAt(call, *in.LayerName), *in.VersionNumber, "lambda:DeleteLayerVersion", func(v *layerVersion) (*awslambda.DeleteLayerVersionOutput, error) {
		if v != nil {
			v.deleted = true
		}
		return &awslambda.DeleteLayerVersionOutput{}, nil
	})
}

// listedVersion is a version of a layer as lists have it.
func (v *layerVersion) listedVersion() types.LayerVersionsListItem {
	return *output[types.LayerVersionsListItem](v.GetLayerVersionOutput)
}

// fits reports whether a version is for a runtime and an architecture that a list asks for.
func (v *layerVersion) fits(r types.Runtime, a types.Architecture) bool {
	return !v.deleted && (r == "" || slices.Contains(v.CompatibleRuntimes, r)) && (a == "" || slices.Contains(v.CompatibleArchitectures, a))
}

// matching are the versions that a list asks for, the latest first.
func (l *layer) matching(r types.Runtime, a types.Architecture) (all []*layerVersion) {
	numbers := slices.Sorted(maps.Keys(l.versions))
	slices.Reverse(numbers)
	for _, n := range numbers {
		if v := l.versions[n]; v.fits(r, a) {
			all = append(all, v)
		}
	}
	return all
}

func (s *Fake) listLayers(call *fakeaws.Call, in *awslambda.ListLayersInput) (*fakeaws.Plan[*awslambda.ListLayersOutput], error) {
	return onResource(s, call, in, "*", func() (*awslambda.ListLayersOutput, error) {
		shown := make(map[string]types.LayersListItem)
		for id, l := range s.layers {
			if id.account != call.Account || id.region != call.Region {
				continue
			}
			if all := l.matching(in.CompatibleRuntime, in.CompatibleArchitecture); len(all) > 0 {
				latest := all[0].listedVersion()
				shown[id.name] = types.LayersListItem{LayerName: aws.String(id.name), LayerArn: aws.String(id.arn()), LatestMatchingVersion: &latest}
			}
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListLayersOutput{Layers: p.Items, NextMarker: p.Next}, nil
	})
}

func (s *Fake) listLayerVersions(call *fakeaws.Call, in *awslambda.ListLayerVersionsInput) (*fakeaws.Plan[*awslambda.ListLayerVersionsOutput], error) {
	return onResource(s, call, in, "*", func() (*awslambda.ListLayerVersionsOutput, error) {
		shown := make(map[string]types.LayerVersionsListItem)
		if id := layerAt(call, *in.LayerName); s.layers[id] != nil && id.account == call.Account {
			for i, v := range s.layers[id].matching(in.CompatibleRuntime, in.CompatibleArchitecture) {
				shown[padded(i)] = v.listedVersion()
			}
		}
		p, err := listed(shown, in.Marker, in.MaxItems)
		if err != nil {
			return nil, err
		}
		return &awslambda.ListLayerVersionsOutput{LayerVersions: p.Items, NextMarker: p.Next}, nil
	})
}
