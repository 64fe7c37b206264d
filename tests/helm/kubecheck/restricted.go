package main

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// podOf returns what pods of an object look like; false when it makes none.
func podOf(object runtime.Object) (metav1.ObjectMeta, corev1.PodSpec, bool) {
	switch o := object.(type) {
	case *corev1.Pod:
		return o.ObjectMeta, o.Spec, true
	case *appsv1.StatefulSet:
		return o.Spec.Template.ObjectMeta, o.Spec.Template.Spec, true
	case *appsv1.Deployment:
		return o.Spec.Template.ObjectMeta, o.Spec.Template.Spec, true
	case *batchv1.Job:
		return o.Spec.Template.ObjectMeta, o.Spec.Template.Spec, true
	}
	return metav1.ObjectMeta{}, corev1.PodSpec{}, false
}

// checkRestricted evaluates the profile "restricted", and what Weir's pods promise beyond it.
func checkRestricted(object runtime.Object) error {
	meta, spec, has := podOf(object)
	if !has {
		return nil
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	var reasons []string
	for _, result := range evaluator.EvaluatePod(level, &meta, &spec) {
		if !result.Allowed {
			reasons = append(reasons, strings.TrimSpace(result.ForbiddenReason+" "+result.ForbiddenDetail))
		}
	}
	if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
		reasons = append(reasons, "a token of the service account is mounted")
	}
	for _, container := range spec.Containers {
		context := container.SecurityContext
		if context == nil || context.ReadOnlyRootFilesystem == nil || !*context.ReadOnlyRootFilesystem {
			reasons = append(reasons, "the root file system of "+container.Name+" can be written")
		}
		if container.Resources.Requests.Cpu().IsZero() || container.Resources.Limits.Memory().IsZero() {
			reasons = append(reasons, container.Name+" has no request of CPU or no limit of memory")
		}
	}
	if len(reasons) > 0 {
		return fmt.Errorf("restricted: %s", strings.Join(reasons, "; "))
	}
	return nil
}
