package lambda

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// The limits of the developer guide's page "Lambda quotas".
const (
	maxUnzipped    = 262144000
	maxEnvironment = 4096
	maxTimeout     = 900
	maxLayers      = 5
	maxMemory      = 10240
)

// runtimes are those that functions can have, in the order in which Lambda lists them.
var runtimes = []types.Runtime{
	"nodejs20.x", "python3.14", "provided.al2023", "python3.12", "python3.13", "nodejs24.x", "nodejs22.x", "java25", "python3.10", "python3.11",
	"java21", "ruby3.3", "ruby3.4", "ruby3.2", "python3.8", "python3.9", "java17", "nodejs16.x", "dotnet10", "dotnet8", "java11", "dotnet6",
	"nodejs18.x", "provided.al2", "java8.al2",
}

// deprecated are the runtimes that no function can have any more.
var deprecated = []types.Runtime{
	"nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "java8", "python2.7", "python3.6", "python3.7",
	"dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "nodejs4.3-edge", "go1.x", "ruby2.5", "ruby2.7", "provided",
}

// newVersion makes $LATEST of a function that is created. It asks other services, with no
// lock held.
func (s *Fake) newVersion(call *fakeaws.Call, id functionID, in *awslambda.CreateFunctionInput) (*version, error) {
	v := &version{FunctionConfiguration: types.FunctionConfiguration{
		FunctionName: &id.name, Version: aws.String(latestVersion), Description: aws.String(""),
		Timeout: aws.Int32(3), MemorySize: aws.Int32(128), PackageType: types.PackageTypeZip, Architectures: []types.Architecture{types.ArchitectureX8664},
		EphemeralStorage: &types.EphemeralStorage{Size: aws.Int32(512)}, TracingConfig: &types.TracingConfigResponse{Mode: types.TracingModePassThrough},
		SnapStart:     &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnNone, OptimizationStatus: types.SnapStartOptimizationStatusOff},
		LoggingConfig: &types.LoggingConfig{LogFormat: types.LogFormatText, LogGroup: aws.String("/aws/lambda/" + id.name)},
		State:         types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful,
	}}
	if in.PackageType != "" {
		v.PackageType = in.PackageType
	}
	if len(in.Architectures) > 0 {
		v.Architectures = slices.Clone(in.Architectures)
	}
	v.DurableConfig, v.TenancyConfig, v.CapacityProviderConfig = in.DurableConfig, in.TenancyConfig, in.CapacityProviderConfig
	if err := v.change(settingsOf(in)); err != nil {
		return nil, err
	}
	if err := s.checkRole(call, id, v, true, in.DeadLetterConfig, in.VpcConfig); err != nil {
		return nil, err
	}
	c := in.Code
	return v, s.load(call, v, source{c.ZipFile, c.S3Bucket, c.S3Key, c.S3ObjectVersion, c.ImageUri})
}

// settingsOf are the settings of a function that is created, as an update has them.
func settingsOf(in *awslambda.CreateFunctionInput) *awslambda.UpdateFunctionConfigurationInput {
	return output[awslambda.UpdateFunctionConfigurationInput](in)
}

// checkEnvironment refuses more than an environment holds.
func checkEnvironment(variables map[string]string) error {
	size := 0
	for name, value := range variables {
		size += len(name) + len(value)
	}
	measured := ""
	if size <= maxMeasured {
		text, err := json.Marshal(variables)
		if err != nil || len(text) <= maxEnvironment {
			return nil
		}
		measured = " String measured: " + string(text)
	}
	return invalidParameter("Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit." + measured)
}

// maxMeasured is how large variables are printed at most. That AWS stops somewhere, and where, is
// unverified.
const maxMeasured = 64 << 10

// change applies the settings that a call sends. What it does not send stays.
func (v *version) change(in *awslambda.UpdateFunctionConfigurationInput) error {
	if in.Runtime != "" {
		if err := checkRuntime(in.Runtime); err != nil {
			return err
		}
		v.Runtime = in.Runtime
		v.RuntimeVersionConfig = &types.RuntimeVersionConfig{RuntimeVersionArn: aws.String(runtimeARN(in.Runtime))}
	}
	if in.Environment != nil {
		if err := checkEnvironment(in.Environment.Variables); err != nil {
			return err
		}
		v.Environment = &types.EnvironmentResponse{Variables: maps.Clone(in.Environment.Variables)}
	}
	switch {
	case in.Timeout != nil && *in.Timeout > maxTimeout:
		return validation("1 validation error detected: Value '" + strconv.Itoa(int(*in.Timeout)) + "' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900")
	case in.MemorySize != nil && *in.MemorySize > maxMemory:
		return validation("1 validation error detected: Value '" + strconv.Itoa(int(*in.MemorySize)) + "' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240")
	case len(in.Layers) > maxLayers:
		return invalidParameter("Cannot reference more than 5 layers.")
	}
	set(&v.Description, in.Description)
	set(&v.Handler, in.Handler)
	set(&v.KMSKeyArn, in.KMSKeyArn)
	set(&v.Role, in.Role)
	set(&v.MemorySize, in.MemorySize)
	set(&v.Timeout, in.Timeout)
	set(&v.EphemeralStorage, in.EphemeralStorage)
	set(&v.DurableConfig, in.DurableConfig)
	set(&v.CapacityProviderConfig, in.CapacityProviderConfig)
	if in.FileSystemConfigs != nil {
		v.FileSystemConfigs = slices.Clone(in.FileSystemConfigs)
	}
	v.changeNested(in)
	return nil
}

// changeNested applies the settings that answers have in another form.
func (v *version) changeNested(in *awslambda.UpdateFunctionConfigurationInput) {
	if d := in.DeadLetterConfig; d != nil {
		v.DeadLetterConfig = d
		if aws.ToString(d.TargetArn) == "" {
			v.DeadLetterConfig = nil
		}
	}
	if in.ImageConfig != nil {
		v.ImageConfigResponse = &types.ImageConfigResponse{ImageConfig: in.ImageConfig}
	}
	if in.SnapStart != nil && in.SnapStart.ApplyOn != "" {
		v.SnapStart = &types.SnapStartResponse{ApplyOn: in.SnapStart.ApplyOn, OptimizationStatus: types.SnapStartOptimizationStatusOff}
	}
	if in.TracingConfig != nil && in.TracingConfig.Mode != "" {
		v.TracingConfig = &types.TracingConfigResponse{Mode: in.TracingConfig.Mode}
	}
	if c := in.VpcConfig; c != nil {
		v.VpcConfig = &types.VpcConfigResponse{SecurityGroupIds: c.SecurityGroupIds, SubnetIds: c.SubnetIds, Ipv6AllowedForDualStack: c.Ipv6AllowedForDualStack, VpcId: aws.String("")}
	}
	if c := in.LoggingConfig; c != nil {
		logging := *v.LoggingConfig
		set(&logging.LogGroup, c.LogGroup)
		if c.LogFormat != "" {
			logging.LogFormat = c.LogFormat
		}
		if logging.LogFormat == types.LogFormatJson {
			logging.ApplicationLogLevel, logging.SystemLogLevel = types.ApplicationLogLevelInfo, types.SystemLogLevelInfo
		}
		if c.ApplicationLogLevel != "" {
			logging.ApplicationLogLevel = c.ApplicationLogLevel
		}
		if c.SystemLogLevel != "" {
			logging.SystemLogLevel = c.SystemLogLevel
		}
		v.LoggingConfig = &logging
	}
}

// set stores a member that was sent.
func set[T any](at **T, sent *T) {
	if sent != nil {
		*at = sent
	}
}

func checkRuntime(r types.Runtime) error {
	if slices.Contains(deprecated, r) {
		return invalidParameter("The runtime parameter of " + string(r) + " is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.")
	}
	if slices.Contains(runtimes, r) {
		return nil
	}
	names := make([]string, len(runtimes))
	for i, name := range runtimes {
		names[i] = string(name)
	}
	return invalidParameter("Value " + string(r) + " at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [" + strings.Join(names, ", ") + "] or be a valid ARN")
}

// runtimeARN is the ARN of the version of a runtime, of which there is one here.
func runtimeARN(r types.Runtime) string {
	sum := sha256.Sum256([]byte(r))
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 2*len(sum))
	for _, b := range sum {
		text = append(text, digits[b>>4], digits[b&15])
	}
	return "arn:aws:lambda:us-east-1::runtime:" + string(text)
}

// A source is where the code of a function comes from.
type source struct {
	zip                  []byte
	bucket, key, version *string
	image                *string
}

// load takes the code of a function. That in S3 is read with the permissions of who calls.
func (s *Fake) load(call *fakeaws.Call, v *version, from source) error {
	if v.PackageType == types.PackageTypeImage || from.image != nil {
		if from.image == nil || v.PackageType != types.PackageTypeImage {
			return invalidParameter(textImage)
		}
		v.code = types.FunctionCodeLocation{ImageUri: from.image, ResolvedImageUri: from.image, RepositoryType: aws.String("ECR")}
		v.hash([]byte(*from.image))
		v.CodeSize = 0
		return nil
	}
	content := from.zip
	switch {
	case from.bucket != nil && from.key != nil:
		var err error
		if content, err = s.fromS3(call, from); err != nil {
			return err
		}
	case content == nil:
		return invalidParameter(textCode)
	}
	if err := checkZip(content); err != nil {
		return err
	}
	v.hash(content)
	v.code = types.FunctionCodeLocation{
		RepositoryType: aws.String("S3"),
		Location:       aws.String("https://awslambda-" + call.Region + "-tasks.s3." + call.Region + ".amazonaws.com/snapshots/" + call.Account + "/" + *v.FunctionName + "-" + s.world.IDs().UUID()),
	}
	return nil
}

func (v *version) hash(content []byte) {
	sum := sha256.Sum256(content)
	v.CodeSha256, v.CodeSize = aws.String(base64.StdEncoding.EncodeToString(sum[:])), int64(len(content))
}

// checkZip refuses what is no archive, or too large as the archive says itself.
func checkZip(content []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return invalidParameter(textZip)
	}
	var size uint64
	for _, f := range archive.File {
		if size += f.UncompressedSize64; size >= maxUnzipped || size < f.UncompressedSize64 {
			return invalidParameter("Unzipped size must be smaller than 262144000 bytes")
		}
	}
	return nil
}

// fromS3 reads an object as who calls.
func (s *Fake) fromS3(call *fakeaws.Call, from source) ([]byte, error) {
	if !s.world.Has("s3") {
		return nil, errors.New("leastpriv: this World has no S3, where the code of a function would be")
	}
	out, err := fakeaws.Do[s3.GetObjectOutput](call, s.world, call.Actor(), &s3.GetObjectInput{Bucket: from.bucket, Key: from.key, VersionId: from.version})
	if err != nil {
		var api smithy.APIError
		switch {
		case !errors.As(err, &api):
			return nil, err
		case api.ErrorCode() == "AccessDenied":
			return nil, accessDenied("Your access has been denied by S3, please make sure your request credentials have permission to GetObject for " +
				*from.bucket + "/" + *from.key + ". S3 Error Code: AccessDenied. S3 Error Message: " + api.ErrorMessage())
		}
		return nil, invalidParameter("Error occurred while GetObject. S3 Error Code: " + api.ErrorCode() + ". S3 Error Message: " + api.ErrorMessage())
	}
	defer func() { _ = out.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(out.Body, maxUnzipped))
	if err != nil {
		return nil, err
	}
	return content, call.Err()
}
