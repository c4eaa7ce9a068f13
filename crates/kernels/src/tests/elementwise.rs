//! What lies between products, against 64 bits, with the same bits by every instruction set.

use super::refusals::refusal;
use super::{Random, all_kernels, bits};
use crate::{Activation, Kernels};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn numbers(n: usize, random: &mut Random) -> Vec<f32> {
    (0..n).map(|_| 3.0 * random.normal()).collect()
}

#[test]
fn every_operation_is_that_of_its_formula_with_the_same_bits_on_all_kernels() {
    let mut random = Random(9);
    for n in [1, 15, 16, 33, 576] {
        let (a, b) = (numbers(n, &mut random), numbers(n, &mut random));
        let results = |kernels: Kernels| {
            let (mut scaled, mut sum, mut capped) = (vec![0.0; n], a.clone(), a.clone());
            let (mut silu, mut gelu) = (b.clone(), b.clone());
            kernels.scale(&a, 0.3, &b, &mut scaled).unwrap();
            kernels.gate(Activation::Silu, &a, &mut silu).unwrap();
            kernels.gate(Activation::Gelu, &a, &mut gelu).unwrap();
            kernels.add(&mut sum, 0.22, &b).unwrap();
            kernels.soft_cap(5.0, &mut capped);
            let (mut exponentials, mut normalised) = (vec![0.0; n], a.clone());
            kernels.exponentials(&a, 20.0, 0.7, &mut exponentials).unwrap();
            kernels.normalise(&mut normalised, &b, 1e-5).unwrap();
            let root = vec![kernels.inverse_rms(&a, 1e-5)];
            let all = [scaled, silu, gelu, sum, capped, exponentials, normalised, root];
            (all, kernels.sum_of_exponentials(&a, 20.0))
        };
        let (expected, expected_sum) = results(Kernels::detect());
        for kernels in all_kernels() {
            let (all, sum) = results(kernels);
            for (found, expected) in all.iter().zip(&expected) {
                assert_eq!(bits(found), bits(expected), "{kernels:?}");
            }
            assert_eq!(sum.to_bits(), expected_sum.to_bits(), "{kernels:?}");
        }
        let wide =
            |numbers: &[f32]| -> Vec<f64> { numbers.iter().map(|number| f64::from(*number)).collect() };
        let (a, b) = (wide(&a), wide(&b));
        let within = |found: f64, exact: f64, share: f64| {
            let error = (found - exact).abs();
            assert!(error <= share * exact.abs().max(1e-6), "{found} is not {exact}");
        };
        let near = |found: f32, exact: f64| within(f64::from(found), exact, 1e-6);
        let [scaled, silu, gelu, sum, capped, exponentials, normalised, root] = &expected;
        let mean_square = a.iter().map(|number| number * number).sum::<f64>() / n as f64;
        let exact_root = 1.0 / (mean_square + f64::from(1e-5f32)).sqrt();
        near(root[0], exact_root);
        within(expected_sum, a.iter().map(|number| (number - 20.0).exp()).sum(), 1e-6);
        for i in 0..n {
            near(scaled[i], a[i] * f64::from(0.3f32) * b[i]);
            near(silu[i], a[i] / (1.0 + (-a[i]).exp()) * b[i]);
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (a[i] + 0.044_715 * a[i].powi(3));
            // The exponential of a large number has the error of the number.
            within(f64::from(gelu[i]), a[i] / (1.0 + (-2.0 * inner).exp()) * b[i], 1e-5);
            within(f64::from(sum[i]), a[i] + f64::from(0.22f32) * b[i], 1e-5);
            assert!((f64::from(capped[i]) - 5.0 * (a[i] / 5.0).tanh()).abs() < 2e-6, "{}", capped[i]);
            near(exponentials[i], ((a[i] - 20.0) / f64::from(0.7f32)).exp());
            near(normalised[i], a[i] * exact_root * b[i]);
        }
    }
}

#[test]
fn what_is_not_finite_has_no_exponential() {
    for kernels in all_kernels() {
        let mut output = [1.0; 4];
        let numbers = [f32::NAN, 1.0, f32::NEG_INFINITY, f32::INFINITY];
        kernels.exponentials(&numbers, 1.0, 1.0, &mut output).unwrap();
        assert_eq!((output, kernels.sum_of_exponentials(&numbers, 1.0)), ([0.0, 1.0, 0.0, 0.0], 1.0));
    }
}

/// A quarter turn takes (1, 0) to (0, 1) and (0, 1) to (−1, 0); what is not turned stays.
#[test]
fn pairs_turn_side_by_side_or_apart() {
    let quarter = [(0.0, 1.0); 2];
    for kernels in all_kernels() {
        let mut adjacent = [1.0, 0.0, 0.0, 1.0, 5.0];
        kernels.turn(&mut adjacent, &quarter, true).unwrap();
        assert_eq!(adjacent, [0.0, 1.0, -1.0, 0.0, 5.0]);
        let mut apart = [1.0, 0.0, 0.0, 1.0, 5.0];
        kernels.turn(&mut apart, &quarter, false).unwrap();
        assert_eq!(apart, [0.0, -1.0, 1.0, 0.0, 5.0]);
    }
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let (kernels, mut two, mut three) = (Kernels::detect(), [0.0; 2], [0.0; 3]);
    for (refused, expected) in [
        (kernels.turn(&mut three, &[(0.0, 1.0); 2], false), "numbers to turn: 3 where 4 belong"),
        (kernels.add(&mut two, 1.0, &[0.0]), "numbers to add: 1 where 2 belong"),
        (kernels.gate(Activation::Silu, &[0.0], &mut two), "gates: 1 where 2 belong"),
        (kernels.scale(&[0.0], 1.0, &[0.0; 2], &mut two), "numbers to scale: 1 where 2 belong"),
        (kernels.scale(&[0.0; 2], 1.0, &[0.0], &mut two), "weights to scale by: 1 where 2 belong"),
        (kernels.normalise(&mut two, &[0.0], 1e-5), "weights of a norm: 1 where 2 belong"),
        (kernels.exponentials(&[0.0; 3], 0.0, 1.0, &mut two), "exponentials: 2 where 3 belong"),
    ] {
        assert_eq!(refusal(refused), expected);
    }
}
