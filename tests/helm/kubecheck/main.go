// Command kubecheck checks rendered Kubernetes objects the way an API server would before it stores them: every field
// is known to the object's type and of its type, defaults are filled in, the validation of the API server holds, and
// pod templates pass the Pod Security Standard "restricted" as its admission plugin has it.
//
//	helm template ... | kubecheck
//
// It prints a line for each object; exit code 1 when one of them is refused. Objects of custom resources of
// Prometheus' operator are only checked for what every object has.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"

	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"

	"sigs.k8s.io/yaml"
)

// Custom resources, which the API server knows only when their definitions are installed.
var customGroups = map[string]bool{"monitoring.coreos.com/v1": true}

type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

// generateSelector labels a job's pods, and selects them, as the server does before it validates.
func generateSelector(job *batch.Job) {
	if job.Spec.Selector != nil {
		return
	}
	job.UID = "00000000-0000-0000-0000-000000000000"
	mine := map[string]string{batch.ControllerUidLabel: string(job.UID)}
	job.Spec.Selector = &metav1.LabelSelector{MatchLabels: mine}
	job.Spec.Template.Labels = labels.Merge(job.Spec.Template.Labels, labels.Set{
		batch.ControllerUidLabel: string(job.UID), batch.LegacyControllerUidLabel: string(job.UID),
		batch.JobNameLabel: job.Name, batch.LegacyJobNameLabel: job.Name,
	})
}

// validate runs the validation that the API server runs at a creation. The object is of its internal version.
func validate(object runtime.Object) (field.ErrorList, error) {
	podOptions := corevalidation.PodValidationOptions{}
	switch o := object.(type) {
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(o), nil
	case *core.Secret:
		return corevalidation.ValidateSecret(o), nil
	case *core.Service:
		// As the server does before it validates.
		if o.Spec.ClusterIP != "" && len(o.Spec.ClusterIPs) == 0 {
			o.Spec.ClusterIPs = []string{o.Spec.ClusterIP}
		}
		return corevalidation.ValidateServiceCreate(o), nil
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(o), nil
	case *core.Pod:
		return corevalidation.ValidatePodCreate(o, podOptions), nil
	case *apps.StatefulSet:
		return appsvalidation.ValidateStatefulSet(o, podOptions), nil
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(o, podOptions), nil
	case *batch.Job:
		generateSelector(o)
		options := batchvalidation.JobValidationOptions{PodValidationOptions: podOptions, RequirePrefixedLabels: true}
		return batchvalidation.ValidateJob(o, options), nil
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(o, policyvalidation.PodDisruptionBudgetValidationOptions{}), nil
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(o, networkingvalidation.NetworkPolicyValidationOptions{}), nil
	case *autoscaling.HorizontalPodAutoscaler:
		return autoscalingvalidation.ValidateHorizontalPodAutoscaler(o, autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{}), nil
	}
	return nil, fmt.Errorf("kubecheck knows no validation of %T", object)
}

func check(document []byte) (string, error) {
	var head header
	if err := yaml.Unmarshal(document, &head); err != nil {
		return "a document", err
	}
	name := fmt.Sprintf("%s %s/%s", head.Kind, head.Metadata.Namespace, head.Metadata.Name)
	if customGroups[head.APIVersion] {
		if head.Metadata.Name == "" {
			return name, errors.New("it has no name")
		}
		return name, nil
	}
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	versioned, _, err := codecs.UniversalDeserializer().Decode(document, nil, nil)
	if err != nil {
		return name, err
	}
	legacyscheme.Scheme.Default(versioned)
	if err := checkRestricted(versioned); err != nil {
		return name, err
	}
	internal, err := legacyscheme.Scheme.UnsafeConvertToVersion(versioned, runtime.InternalGroupVersioner)
	if err != nil {
		return name, err
	}
	refused, err := validate(internal)
	if err != nil {
		return name, err
	}
	return name, refused.ToAggregate()
}

func main() {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	checked, refused := 0, 0
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "kubecheck:", err)
			os.Exit(1)
		}
		var content any
		if err := yaml.Unmarshal(document, &content); err == nil && content == nil {
			continue // nothing but comments
		}
		checked++
		if name, err := check(document); err != nil {
			refused++
			fmt.Printf("refused %s: %v\n", name, err)
		} else {
			fmt.Printf("ok %s\n", name)
		}
	}
	fmt.Printf("%d objects, %d refused\n", checked, refused)
	if refused > 0 || checked == 0 {
		os.Exit(1)
	}
}
